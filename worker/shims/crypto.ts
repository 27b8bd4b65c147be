/**
 * Stands in for node:crypto within telegraf, which wants boundaries for uploads of it. Loaded when one is made: it is a
 * megabyte of every worker, and few ever upload.
 */
export function randomBytes(size: number): Buffer {
  return process.getBuiltinModule('node:crypto').randomBytes(size)
}
