/** A gateway that grants everything, as a process of its own, for workers that PM2 runs; ends with its parent. */
import { granting, StandInGateway } from '../../test/support/stand-in-gateway.ts'
import { bareGrantMs } from '../support/bare-identity.ts'

const gateway = await StandInGateway.start(process.argv[2] ?? '', { heartbeat: () => granting(bareGrantMs) })
process.stdout.write('listening\n')
process.stdin.once('end', () => gateway.stop()).resume()
