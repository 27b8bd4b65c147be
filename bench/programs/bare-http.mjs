/** The floor of memory: a Node process that answers HTTP and nothing else. */
import { createServer } from 'node:http'

const server = createServer((_request, response) => response.end('ok'))
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`))
process.stdin.once('end', () => server.close()).resume()
