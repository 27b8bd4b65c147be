/** Stands in for what ws has beside its client: a server, and streams. */
const nothing = undefined

export { nothing as default }
