/** Every figure, in the order of the table. */
import type { Figure } from '../figure.ts'
import { approve } from './approve.ts'
import { fifty } from './fifty.ts'
import { memoryIdle } from './memory-idle.ts'
import { restart } from './restart.ts'
import { statements } from './statements.ts'
import { supervisorCpu } from './supervisor-cpu.ts'

export const figures: readonly Figure[] = [restart, approve, memoryIdle, fifty, supervisorCpu, statements]
