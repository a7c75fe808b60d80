// Images in pasted HTML. The text has no place for images outside the library, so each becomes a mark while the HTML is
// read, and the marks are gone before the text changes.

const MARK = /\ue000(\d+)\ue001/g

// Images that count views, and those that WordPress shows for “Read more”.
const INVISIBLE = "img[width='1'][height='1'], img[data-wp-more]"

// Return the HTML with marks, and the URLs of the images that they replace.
export const replaceImages = (html) => {
  const { body } = new DOMParser().parseFromString(html, "text/html")
  const images = [...body.querySelectorAll("img:not([data-image])")].filter((img) => !img.matches(INVISIBLE))
  if (!images.length) return { html, sources: [] }
  for (const [index, img] of images.entries()) img.replaceWith(`\ue000${index}\ue001`)
  return { html: body.innerHTML, sources: images.map((img) => img.getAttribute("src") ?? "") }
}

const findMarks = (doc) => {
  const marks = []
  doc.descendants((node, position) => {
    if (!node.isText) return
    for (const { 0: text, 1: number, index } of node.text.matchAll(MARK)) {
      marks.push({ number: Number(number), from: position + index, to: position + index + text.length })
    }
  })
  return marks
}

// Delete a mark, and its paragraph if nothing else is in it. Return where the image belongs.
const removeMark = (transaction, { from, to }) => {
  const $from = transaction.doc.resolve(from)
  const isAlone = $from.parent.content.size === to - from
  if (isAlone && $from.depth === 1 && transaction.doc.childCount > 1) {
    transaction.delete($from.before(), $from.after())
    return $from.before()
  }
  transaction.delete(from, to)
  const $position = transaction.doc.resolve(from)
  return $position.parentOffset === 0 ? $position.start() : $position.end()
}

// Insert `slice` without its marks, in one step. Return the source and the position of each image, in their order.
export const pasteWithMarks = (view, slice, selection, sources, uiEvent) => {
  const transaction = view.state.tr.setSelection(selection).replaceSelection(slice)
  const places = findMarks(transaction.doc)
    .reverse()
    .map((mark) => {
      const position = removeMark(transaction, mark)
      return { source: sources[mark.number] ?? "", position, steps: transaction.mapping.maps.length }
    })
  // Deleting an earlier mark moved the later positions.
  const found = places.map(({ source, position, steps }) => ({
    source,
    position: transaction.mapping.slice(steps).map(position),
  }))
  view.dispatch(
    transaction
      .scrollIntoView()
      .setMeta("paste", uiEvent === "paste")
      .setMeta("uiEvent", uiEvent),
  )
  return found.reverse()
}
