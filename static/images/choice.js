// The image that a button of the picker (templates/admin/images/image/_choice.html) stands for.
export const choiceOf = ({ dataset: { id, src, thumb, title, caption, alt, needsAlt } }) => ({
  id,
  src,
  thumb,
  title,
  caption,
  alt,
  needsAlt: needsAlt !== undefined,
})
