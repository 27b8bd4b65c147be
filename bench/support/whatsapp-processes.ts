/** WhatsApp workers alone: real processes before a fake server, linked, with a gateway that keeps their sessions in memory. */
import type { NamelessProcess } from '../../orchestrator/spawn-process.ts'
import { signalProcess } from '../../runtime/process-identity.ts'
import { WhatsAppWorkers } from '../../test/support/whatsapp-workers.ts'

export interface LinkedWorker {
  readonly id: string
  readonly phone: string
  process: NamelessProcess
}

export class LinkedWorkers {
  readonly workers: readonly LinkedWorker[]
  readonly #rig: WhatsAppWorkers

  private constructor(rig: WhatsAppWorkers, workers: readonly LinkedWorker[]) {
    this.#rig = rig
    this.workers = workers
  }

  /** Links so many, starts each anew, as after a restart of its server, and ends everything whatever happens. */
  static async use<T>(count: number, work: (workers: LinkedWorkers) => Promise<T>): Promise<T> {
    const rig = await WhatsAppWorkers.start()
    try {
      const workers: LinkedWorker[] = []
      for (let at = 0; at < count; at += 1) {
        const [id, phone] = [`bench-${at}`, String(989_120_000_000 + at)]
        workers.push({ id, phone, process: await rig.link(id, phone) })
      }
      const linked = new LinkedWorkers(rig, workers)
      for (const worker of workers) await linked.restart(worker)
      return await work(linked)
    } finally {
      await rig.stop()
    }
  }

  /** A process that waits for a name, as a spare does. */
  spare(): NamelessProcess {
    return this.#rig.spawn()
  }

  /** Kills a worker. @returns milliseconds until its successor, the spare or a cold one, is connected. */
  async restart(worker: LinkedWorker, spare?: NamelessProcess): Promise<number> {
    const killedAtMs = performance.now()
    signalProcess(worker.process.identity, 'SIGKILL')
    await worker.process.ended
    this.#rig.phases.delete(worker.id)
    worker.process = spare ?? this.spare()
    this.#rig.name(worker.process, worker.id, { phone: worker.phone })
    await this.#rig.until(worker.id, 'running')
    return performance.now() - killedAtMs
  }
}
