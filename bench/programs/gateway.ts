/** The stand-in gateway as a process of its own, for workers that PM2 runs; ends with its parent. */
import { listenAsGateway } from './stand-in-gateway.ts'

const gateway = await listenAsGateway(process.argv[2] ?? '')
process.stdout.write('listening\n')
const end = () => {
  gateway.close()
  gateway.closeAllConnections()
}
process.stdin.once('end', end).resume()
