// A domain in any script with a port, path, query or anchor. Its last part has letters, unlike "3.5".
const DOMAIN = /^([\p{L}\p{M}\p{N}_-]+\.)+(\p{L}[\p{L}\p{M}]+|xn--[\w-]+)(:\d{1,5})?([/?#]\S*)?$/u

// Turn what the author typed into a link's href: a URL, path, domain or email address. Return null for plain words.
// URLs on this site become paths, so that links survive a change of domain.
export const parseLinkTarget = (typed, siteUrls) => {
  for (const siteUrl of siteUrls) {
    if (!siteUrl || !typed.startsWith(siteUrl)) continue
    const rest = typed.slice(siteUrl.length)
    if (/^([/?#]|$)/.test(rest)) return `/${rest.replace(/^\/+/, "")}`
  }
  if (/^(https?:\/\/|mailto:|tel:|\/|#)/i.test(typed)) return typed
  if (/^[^\s@]+@[^\s@]+\.\w+$/.test(typed)) return `mailto:${typed}`
  return DOMAIN.test(typed) ? `https://${typed}` : null
}

// Return whether text becomes a link while the author types it: full URLs, www. and email addresses, but no sentence
// without a space after its full stop, as in "pain.It".
export const isTypedLink = (text) => /^(https?:\/\/|www\.)/i.test(text) || /^[^\s@]+@[^\s@]+\.[a-z]{2,}$/.test(text)
