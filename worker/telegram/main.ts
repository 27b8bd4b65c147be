import { runWorker } from '../run-worker.ts'
import { TelegramChannel } from './telegram-channel.ts'

await runWorker((context) => new TelegramChannel(context))
