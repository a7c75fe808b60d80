// What public pages do beyond HTML. Each behavior loads separately, so that one that fails does not stop the others.
import("./menu.js").catch(reportError)
import("./copy-link.js").catch(reportError)
import("./feedback-form.js").catch(reportError)
import("./suggest-correction.js").catch(reportError)
import("./page-views.js").catch(reportError)
import("./view-counter.js").catch(reportError)
import("./ad-impressions.js").catch(reportError)
import("./affiliate-clicks.js").catch(reportError)
import("./comments.js").catch(reportError)
import("./contents.js").catch(reportError)
import("./lightbox.js").catch(reportError)
// Set by the admin, never for visitors, who load nothing more.
if (self === top && /(?:^|; )admin-open=1/.test(document.cookie)) import("./edit-bar.js").catch(reportError)
