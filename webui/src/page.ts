/** Pages that only need what every page has. */
import { connectionNotice } from "./chrome";
import { follow } from "./events";
import { wireSearch } from "./header";
import { showJobBar, showScanBar } from "./scanbar";

wireSearch();
follow({ scan: showScanBar, captions: showJobBar, connected: connectionNotice });
