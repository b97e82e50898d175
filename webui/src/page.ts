/** Pages that only need what every page has. */
import { connectionNotice } from "./chrome";
import { follow } from "./events";
import { showScanBar } from "./scanbar";

follow({ scan: showScanBar, connected: connectionNotice });
