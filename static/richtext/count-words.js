// Words as the server counts them (richtext/analysis.py): letters and digits, also joined by an apostrophe or hyphen.
const WORD = /[\p{L}\p{N}_]+(?:[’'.,-][\p{L}\p{N}_]+)*/gu
const WORDS_PER_MINUTE = 220

export const countWords = (text) => text.match(WORD)?.length ?? 0

export const readingMinutes = (words) => Math.max(1, Math.round(words / WORDS_PER_MINUTE))
