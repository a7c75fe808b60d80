"""Times such as 9:14 PM. Django's "9:14 p.m." would end a sentence with two periods."""

TIME_FORMAT = "g:i A"
DATETIME_FORMAT = "N j, Y, g:i A"
SHORT_DATETIME_FORMAT = "m/d/Y g:i A"
