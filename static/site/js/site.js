// Everything the public pages do beyond HTML, one standalone module a behaviour. All of it may be missing.
import "./menu.js";
import "./copy.js";
import "./feedback.js";
import "./read.js";
import "./seen.js";
import "./clicked.js";
