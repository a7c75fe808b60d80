// URLs for scripts: the admin's base template lists them as data attributes.
export const adminUrl = (name) => document.getElementById("admin-urls").dataset[name]
