/**
 * Imported before any library of WhatsApp's: libsignal prints whole sessions, private keys and phone numbers in them, on
 * nearly every first exchange. Nothing that these libraries print is of use to anybody; errors come as errors.
 */
const nothing = (): void => {}
Object.assign(globalThis.console, {
  log: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  debug: nothing,
  trace: nothing,
  dir: nothing,
})
