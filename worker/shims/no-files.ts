/** Stands in for node:fs in a library that reads and writes files which no worker may read or write. */
export const promises = {}
