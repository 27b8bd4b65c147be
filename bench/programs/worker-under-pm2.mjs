/** Our worker where nobody can write to its stdin: the identity comes by the environment, as no real one ever does. */
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'

const line = `${process.env['IDENTITY'] ?? ''}\n`
Object.defineProperty(process, 'stdin', { value: Readable.from([line]) })
await import(pathToFileURL(process.env['BUNDLE'] ?? '').href)
