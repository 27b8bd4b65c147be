/** Every figure, in the order of the table. */
import type { Figure } from '../figure.ts'
import { adoption } from './adoption.ts'
import { apiChange, apiList } from './api.ts'
import { approve } from './approve.ts'
import { fifty } from './fifty.ts'
import { goods } from './goods.ts'
import { importStock } from './import.ts'
import { mature } from './mature.ts'
import { memoryIdle } from './memory-idle.ts'
import { memoryTraffic } from './memory-traffic.ts'
import { orderAgent, orderEight, orderHot, orderOne, orderRows, orderStatements, orderWaits } from './orders.ts'
import { restart } from './restart.ts'
import { statements } from './statements.ts'
import { supervisorCpu } from './supervisor-cpu.ts'
import { takeOver } from './take-over.ts'
import { metricsScrape, sse } from './watching.ts'
import { whatsappFifty } from './whatsapp-fifty.ts'
import { whatsappIdle, whatsappReconnects, whatsappTraffic } from './whatsapp-memory.ts'
import { whatsappRestart } from './whatsapp-restart.ts'
import { whatsappStatements } from './whatsapp-statements.ts'

export const figures: readonly Figure[] = [
  restart,
  approve,
  memoryIdle,
  memoryTraffic,
  fifty,
  supervisorCpu,
  statements,
  adoption,
  takeOver,
  whatsappIdle,
  whatsappTraffic,
  whatsappRestart,
  whatsappStatements,
  whatsappReconnects,
  whatsappFifty,
  importStock,
  orderOne,
  orderEight,
  orderRows,
  orderStatements,
  orderWaits,
  orderHot,
  orderAgent,
  goods,
  mature,
  apiList,
  apiChange,
  sse,
  metricsScrape,
]
