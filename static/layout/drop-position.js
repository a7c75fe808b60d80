// Return the index among `boxes` (top and height of the other rows, in order) to drop a row at height `y`.
export const dropIndex = (boxes, y) => {
  const index = boxes.findIndex(({ top, height }) => y < top + height / 2)
  return index < 0 ? boxes.length : index
}

// Return whether a row may move to a list: only links go below a heading, and nothing goes below itself.
export const mayDrop = ({ isLink, containsList, isNestedList }) => !containsList && (isLink || !isNestedList)
