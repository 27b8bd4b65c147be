/** The sandbox as a process of its own, so that its work does not count as anybody's; ends with its parent. */
import { startSandbox } from '../../sandbox/start-sandbox.ts'

const sandbox = await startSandbox()
process.stdout.write(`${sandbox.url}\n`)
process.stdin.once('end', () => void sandbox.stop()).resume()
