import assert from "node:assert/strict"
import { test } from "node:test"
import { isVideoUrl } from "../../static/richtext/video-url.js"

const VIDEOS = [
  "https://www.youtube.com/watch?v=aqz-KE-bpKQ&t=90",
  "https://youtu.be/aqz-KE-bpKQ?si=abc",
  "youtube.com/shorts/aqz-KE-bpKQ",
  "https://vimeo.com/76979871",
  "https://vimeo.com/channels/staffpicks/76979871",
  "https://player.vimeo.com/video/76979871?h=1",
]
const OTHERS = [
  "",
  "https://www.youtube.com/",
  "https://www.youtube.com/@channel",
  "https://vimeo.com/about",
  "https://example.com/watch?v=aqz-KE-bpKQ",
  "https://youtu.be/aqz-KE-bpKQ and words",
]
for (const url of VIDEOS) test(`${url} may be a video`, () => assert.equal(isVideoUrl(url), true))
for (const url of OTHERS) test(`“${url}” is none`, () => assert.equal(isVideoUrl(url), false))
