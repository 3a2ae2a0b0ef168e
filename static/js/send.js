// Sends the one form of a page that is only a step on the way (OAuth 2.0 Form Post Response Mode).
"use strict";
document.querySelector("form[data-send]")?.submit();
