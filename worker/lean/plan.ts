/** What is left out of one platform's worker, and what may be in it. */
export interface LeanPlan {
  /** Packages and what stands in for them: a file of worker/shims/, or one that is `written:` with the bundle. */
  readonly standIns: Readonly<Record<string, string>>
  /** The same, but only where one package asks: modules of node, and files of its own. */
  readonly within: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Modules that are written when the bundle is: their text, by the name that stands in for them. */
  readonly written: Readonly<Record<string, () => string>>
  /** Globals and the names that `inject` gives instead. */
  readonly define: Readonly<Record<string, string>>
  /** Files of worker/shims/ that give them. */
  readonly inject: readonly string[]
  /** Calls of the console are left out. */
  readonly isSilent: boolean
  readonly bytesMax: number
  readonly packagesAllowed: readonly string[]
  /** The rest of node is loaded at run time where it is needed, by `process.getBuiltinModule`. */
  readonly builtinsAllowed: readonly string[]
}
