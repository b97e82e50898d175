/** The account page: password, devices and app passwords of the one who is signed in. */
import { prove } from "./api";
import { startLists } from "./account/lists";
import { startPassword } from "./account/password";
import { notice } from "./chrome";
import "./page";

if (location.search) history.replaceState(null, "", location.pathname); // the language that was chosen is kept by a cookie
startPassword();
startLists();
document.getElementById("lock")?.addEventListener("click", () => {
  prove("/api/auth/edition/logout", {}).then(
    () => location.reload(),
    (error: unknown) => notice("account", error instanceof Error ? error.message : String(error)),
  );
});
