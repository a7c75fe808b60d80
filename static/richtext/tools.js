// What surrounds the text: the toolbar in plain words, finding and replacing, the count of words, the keyboard's help.
import { crel, Extension, gettext, pm } from "django-prose-editor/editor"

const IS_MAC = /Mac|iPhone|iPad/.test(navigator.platform)
const keysShown = (keys) =>
  keys
    .replace("Mod", IS_MAC ? "⌘" : "Ctrl")
    .replace("Alt", IS_MAC ? "⌥" : "Alt")
    .replaceAll("-", IS_MAC ? " " : "+")

// Item of the toolbar: what it is called, and its keys.
const WORDS = {
  heading2: ["Heading", "Mod-Alt-2"],
  heading3: ["Sub-heading", "Mod-Alt-3"],
  heading4: ["Small heading", "Mod-Alt-4"],
  paragraph: ["Plain text", "Mod-Alt-0"],
  bold: ["Bold", "Mod-B"],
  italic: ["Italic", "Mod-I"],
  strike: ["Crossed out", "Mod-Shift-S"],
  superscript: ["Superscript, raised", "Mod-."],
  subscript: ["Subscript, lowered", "Mod-,"],
  code: ["Code", "Mod-E"],
  link: ["Link", "Mod-K"],
  unlink: ["Take the link away"],
  bulletList: ["List with dots", "Mod-Shift-8"],
  orderedList: ["Numbered list", "Mod-Shift-7"],
  blockquote: ["Quote", "Mod-Shift-B"],
  codeBlock: ["Code on lines of its own", "Mod-Alt-C"],
  horizontalRule: ["Dividing line"],
  figure: ["Picture"],
  table: ["Table"],
  "table:addColumnAfter": ["Add a column"],
  "table:deleteColumn": ["Remove the column"],
  "table:addRowAfter": ["Add a row"],
  "table:deleteRow": ["Remove the row"],
  "table:mergeCells": ["Join the cells"],
  "table:splitCell": ["Part the cell again"],
  "table:toggleHeaderCell": ["Heading cell or not"],
  "table:deleteTable": ["Remove the table"],
  "history:undo": ["Undo", "Mod-Z"],
  "history:redo": ["Do it again", "Mod-Shift-Z"],
  find: ["Find and replace", "Mod-F"],
  fullscreen: ["Full screen", "F11"],
  shortcuts: ["Keyboard help"],
}

// Kept apart from the toolbar: what helps while typing.
const TYPING = [
  ["## and a space", "Heading (### and #### for the smaller ones)"],
  ["- and a space", "List with dots"],
  ["> and a space", "Quote"],
  ["---", "Dividing line"],
  ["Shift-Enter", "New line, same paragraph"],
  ["Tab, Shift-Tab", "In a list: further in, further out. In a table: next cell, previous cell"],
  ["Enter twice", "Leaves a list or a quote"],
]

export const PlainWords = Extension.create({
  name: "plainWords",
  // After every other extension has put its buttons there.
  priority: 1,

  addMenuItems({ menu }) {
    const items = menu.items("headings marks link lists nodes blockType table history utility")
    for (const item of items) {
      const [word, keys] = WORDS[item.name] ?? []
      const { button } = item
      if (word) {
        button.setAttribute("aria-label", gettext(word))
        button.title = keys ? `${gettext(word)} (${keysShown(keys)})` : gettext(word)
      }
      if (item.name === "paragraph") item.groups.add("headings")
      const update = item.update
      item.update = (editor) => {
        update(editor)
        if (item.active(editor)) button.setAttribute("aria-pressed", "true")
        else button.removeAttribute("aria-pressed")
      }
    }
  },

  onCreate({ editor }) {
    const { dom } = editor.storage.menu
    dom.setAttribute("role", "toolbar")
    dom.setAttribute("aria-label", gettext("Tools for the text"))
    editor.view.dom.setAttribute("aria-label", gettext("The text itself"))
    editor.view.dom.setAttribute("aria-multiline", "true")
  },
})

const found = new pm.state.PluginKey("find")

// Every place in the text that reads `words`, in any capitals and with any apostrophe.
const placesOf = (doc, words) => {
  if (!words) return []
  const pattern = new RegExp(words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/['’]/g, "['’]"), "giu")
  const places = []
  doc.descendants((node, position) => {
    if (!node.isTextblock) return true
    // One character for each thing that is no text, so that places in the string are places in the document.
    const text = node.textBetween(0, node.content.size, null, "\ufffc")
    for (const { index, 0: hit } of text.matchAll(pattern)) {
      places.push({ from: position + 1 + index, to: position + 1 + index + hit.length })
    }
    return false
  })
  return places
}

export const Find = Extension.create({
  name: "find",

  addStorage() {
    return { bar: null }
  },

  addProseMirrorPlugins() {
    const { Decoration, DecorationSet } = pm.view
    return [
      new pm.state.Plugin({
        key: found,
        state: {
          init: () => ({ words: "", places: [] }),
          apply(tr, value) {
            const words = tr.getMeta(found) ?? value.words
            return words !== value.words || tr.docChanged ? { words, places: placesOf(tr.doc, words) } : value
          },
        },
        props: {
          decorations: (state) => {
            const { from, to } = state.selection
            const mark = (place) =>
              Decoration.inline(place.from, place.to, {
                class: place.from === from && place.to === to ? "found found--here" : "found",
              })
            return DecorationSet.create(state.doc, found.getState(state).places.map(mark))
          },
        },
      }),
    ]
  },

  onCreate({ editor }) {
    const field = (placeholder, className) =>
      crel("input", { type: "text", className, placeholder, "aria-label": placeholder })
    const words = field(gettext("Find"), "find-words")
    const replacement = field(gettext("Replace with"), "find-replacement")
    const count = crel("span", { className: "find-count", role: "status" })
    const places = () => found.getState(editor.state).places
    const here = () => {
      const { from, to } = editor.state.selection
      return places().findIndex((place) => place.from === from && place.to === to)
    }
    const say = () => {
      const total = places().length
      count.textContent = !words.value ? "" : total ? `${here() + 1 || "–"} / ${total}` : gettext("Not found")
    }
    const go = (step) => {
      const all = places()
      if (!all.length) return say()
      const { from, to } = editor.state.selection
      const after = all.findIndex((place) => (step > 0 ? place.from >= to : place.from > from - 1))
      let index = step > 0 ? after : (after < 0 ? all.length : after) - 1
      if (index < 0) index = step > 0 ? 0 : all.length - 1
      const { state, view } = editor
      view.dispatch(state.tr.setSelection(pm.state.TextSelection.create(state.doc, all[index].from, all[index].to)))
      const { node } = view.domAtPos(all[index].from)
      ;(node.nodeType === Node.TEXT_NODE ? node.parentElement : node).scrollIntoView({ block: "center" })
      return say()
    }
    const replace = (which) => {
      const { tr } = editor.state
      // From the end, so that the places before stay where they are; one step for undo.
      for (const { from, to } of which.toReversed()) {
        if (replacement.value) tr.insertText(replacement.value, from, to)
        else tr.delete(from, to)
      }
      editor.view.dispatch(tr)
    }
    const look = () => editor.view.dispatch(editor.state.tr.setMeta(found, bar.hidden ? "" : words.value))
    const close = () => {
      bar.hidden = true
      look()
      editor.commands.focus()
    }
    const action = (text, run, label = text) => {
      const button = crel("button", { type: "button", textContent: text, "aria-label": label, title: label })
      button.addEventListener("click", run)
      return button
    }
    const bar = crel("div", { className: "find-bar", role: "search", hidden: true }, [
      words,
      count,
      action("↑", () => go(-1), gettext("Previous")),
      action("↓", () => go(1), gettext("Next")),
      replacement,
      action(gettext("Replace"), () => {
        if (here() >= 0) replace([places()[here()]])
        go(1)
      }),
      action(gettext("Replace all"), () => {
        const total = places().length
        replace(places())
        count.textContent = `${total} ${gettext("replaced")}`
      }),
      action("✕", close, gettext("Close")),
    ])
    // What is typed here is no part of the form: nobody else need hear of it.
    bar.addEventListener("input", (event) => {
      event.stopPropagation()
      look()
      say()
    })
    bar.addEventListener("change", (event) => event.stopPropagation())
    bar.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close()
      else if (event.key !== "Enter" || event.target.matches("button")) return
      else if (event.target === words) go(event.shiftKey ? -1 : 1)
      event.preventDefault()
      event.stopPropagation()
    })
    editor.storage.menu.dom.append(bar)
    this.storage.open = () => {
      const { from, to } = editor.state.selection
      bar.hidden = false
      words.value = editor.state.doc.textBetween(from, to, " ").slice(0, 100) || words.value
      words.focus()
      words.select()
      look()
      say()
    }
  },

  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "find",
      groups: "utility",
      button: buttons.material("search", gettext("Find and replace")),
      command: (editor) => editor.storage.find.open(),
    })
  },

  addKeyboardShortcuts() {
    return {
      "Mod-f": () => {
        this.storage.open()
        return true
      },
    }
  },
})

const WORDS_PER_MINUTE = 220

export const WordCount = Extension.create({
  name: "wordCount",

  onCreate({ editor }) {
    this.storage.line = crel("p", { className: "word-count" })
    editor.view.dom.after(this.storage.line)
    this.storage.count(editor.state.doc)
  },

  onUpdate({ editor }) {
    // Counting a long text at every key would make typing slow.
    clearTimeout(this.storage.delay)
    this.storage.delay = setTimeout(() => this.storage.count(editor.state.doc), 250)
  },

  onDestroy() {
    clearTimeout(this.storage.delay)
  },

  addStorage() {
    return {
      line: null,
      delay: null,
      // The same words as the server's prose/structure.py counts.
      count(doc) {
        const texts = [doc.textBetween(0, doc.content.size, "\n", "\n")]
        doc.descendants(({ type, attrs }) => {
          if (type.name === "callout") texts.push(attrs.title)
          if (type.name === "table") texts.push(attrs.caption ?? "")
        })
        const words = texts.join("\n").match(/[\p{L}\p{N}_]+(?:[’'.,-][\p{L}\p{N}_]+)*/gu)?.length ?? 0
        const minutes = Math.max(1, Math.round(words / WORDS_PER_MINUTE))
        const name = words === 1 ? gettext("word") : gettext("words")
        this.line.textContent = `${words.toLocaleString()} ${name} · ${minutes} ${gettext("min to read")}`
      },
    }
  },
})

export const KeyboardHelp = Extension.create({
  name: "keyboardHelp",

  addCommands() {
    return {
      showKeyboardHelp:
        () =>
        ({ editor, dispatch }) => {
          if (!dispatch) return true
          const row = ([keys, word]) => [
            crel("dt", {}, [crel("kbd", { textContent: keys })]),
            crel("dd", { textContent: gettext(word) }),
          ]
          const tools = Object.values(WORDS).filter(([, keys]) => keys)
          const close = crel("button", { type: "button", textContent: gettext("Close") })
          const dialog = crel("dialog", { className: "prose-editor-dialog keyboard-help" }, [
            crel("h3", { className: "prose-editor-dialog-title", textContent: gettext("Keyboard help") }),
            crel("h4", { textContent: gettext("While typing, at the start of a line") }),
            crel("dl", {}, TYPING.flatMap(row)),
            crel("h4", { textContent: gettext("With keys") }),
            crel("dl", {}, tools.map(([word, keys]) => [keysShown(keys), word]).flatMap(row)),
            crel("div", { className: "prose-editor-dialog-buttons" }, [close]),
          ])
          close.addEventListener("click", () => dialog.close())
          dialog.addEventListener("close", () => {
            dialog.remove()
            editor.commands.focus()
          })
          document.body.append(dialog)
          dialog.showModal()
          return true
        },
    }
  },

  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "shortcuts",
      groups: "utility",
      button: buttons.text("?", gettext("Keyboard help")),
      command: (editor) => editor.commands.showKeyboardHelp(),
    })
  },
})
