// URLs that may be those of a video, as people copy them. The server has the last word.
const VIDEO_URL =
  /^(https?:\/\/)?(www\.|m\.|music\.)?(youtu\.be\/|youtube(-nocookie)?\.com\/(watch\?|shorts\/|live\/|embed\/|v\/)|vimeo\.com\/([\w-]+\/)*\d|player\.vimeo\.com\/video\/\d)\S*$/i

export const isVideoUrl = (text) => VIDEO_URL.test(text)
