"""The names of programming languages that WordPress plugins for code samples know."""

# SyntaxHighlighter Evolved (https://wordpress.com/support/code/posting-source-code/) and its aliases.
_SYNTAX_HIGHLIGHTER = (
    "actionscript3 arduino as3 bash c c-sharp cf clj clojure coldfusion cpp csharp css delphi diff erl erlang fsharp go"
    " golang groovy haskell html java javafx javascript jfx js kotlin latex matlab matlabkey objc obj-c pas pascal"
    " patch perl php pl plain powershell ps py python r rails rb ror ruby scala shell splus sql swift tex text"
    " typescript vb vbnet xhtml xml xslt yaml yml"
)
_GESHI = "html4strict html5 ini json less lua make mysql rust scss ts vim zsh"
# Shortcodes that contain code, with the language as an attribute or in their name.
CODE_SHORTCODES = frozenset({"code", "sourcecode", "source", "cc", "ccb", "crayon", "prettify"}) | frozenset(
    _SYNTAX_HIGHLIGHTER.split()
)
# Values of the attribute `lang` of <pre>. Elsewhere it is a human language.
PRE_LANGUAGES = CODE_SHORTCODES | frozenset(_GESHI.split())
