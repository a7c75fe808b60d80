// What public pages do beyond HTML. Each behavior loads separately, so that one that fails does not stop the others.
import("./menu.js").catch(reportError)
import("./copy.js").catch(reportError)
import("./feedback.js").catch(reportError)
import("./read.js").catch(reportError)
import("./seen.js").catch(reportError)
import("./clicked.js").catch(reportError)
