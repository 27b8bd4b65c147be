import { readFileSync } from 'node:fs'

/** This program's version. */
export function readVersion(): string {
  const document = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  return document.version
}
