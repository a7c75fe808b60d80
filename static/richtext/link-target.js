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
  return /^[\w-]+(\.[\w-]+)+(\/\S*)?$/.test(typed) ? `https://${typed}` : null
}
