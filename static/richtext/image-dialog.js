// Open the image library's dialog (static/images/image-picker.js) and resolve to the chosen images.
export const chooseImages = (multiple) =>
  new Promise((resolve) => {
    const detail = { multiple, resolve: (chosen) => resolve([chosen].flat()) }
    document.dispatchEvent(new CustomEvent("images:choose", { detail }))
  })
