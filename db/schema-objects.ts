import type { Queryable } from './transaction.ts'

/** A table with the columns that have values of their own (generated ones are computed anew). */
export interface SchemaTable {
  readonly name: string
  readonly columns: readonly string[]
}

/** What an extension brought is its own business. */
const notOfExtension = `not exists (select from pg_depend d where d.objid = o.oid and d.deptype = 'e')`

/** Every table of the schema, each after those that its foreign keys point to. Throws when those go round in a circle. */
export async function listTables(database: Queryable): Promise<SchemaTable[]> {
  const tables = await database.query<SchemaTable>(
    `select o.relname as name, array_agg(a.attname::text order by a.attnum) as columns
     from pg_class o join pg_attribute a on a.attrelid = o.oid
     where o.relnamespace = 'public'::regnamespace and o.relkind = 'r' and ${notOfExtension}
       and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     group by o.oid, o.relname order by o.relname`,
  )
  const keys = await database.query<{ child: string; parent: string }>(
    `select child.relname as child, parent.relname as parent
     from pg_constraint c join pg_class child on child.oid = c.conrelid join pg_class parent on parent.oid = c.confrelid
     where c.contype = 'f' and c.connamespace = 'public'::regnamespace and c.conrelid <> c.confrelid`,
  )
  return inOrder(tables.rows, keys.rows)
}

/** Removes every table, sequence, routine and type of the schema; they must be ours. What depends on them elsewhere goes too. */
export async function dropSchemaObjects(database: Queryable): Promise<void> {
  const drops = await database.query<{ drop: string }>(
    `select format('drop table if exists %s cascade', o.oid::regclass) as drop from pg_class o
     where o.relnamespace = 'public'::regnamespace and o.relkind = 'r' and ${notOfExtension}
     union all
     select format('drop sequence if exists %s cascade', o.oid::regclass) from pg_class o
     where o.relnamespace = 'public'::regnamespace and o.relkind = 'S' and ${notOfExtension}
     union all
     select format('drop routine if exists %s cascade', o.oid::regprocedure) from pg_proc o
     where o.pronamespace = 'public'::regnamespace and o.proowner = (select oid from pg_roles where rolname = current_user) and ${notOfExtension}
     union all
     select format('drop type if exists %s cascade', o.oid::regtype) from pg_type o
     where o.typnamespace = 'public'::regnamespace and o.typtype in ('e', 'd') and o.typowner = (select oid from pg_roles where rolname = current_user)
       and ${notOfExtension}`,
  )
  for (const { drop } of drops.rows) await database.query(drop)
}

/** A table's name as it stands in a statement. */
export function quoteName(name: string): string {
  return `public."${name.replaceAll('"', '""')}"`
}

function inOrder(tables: readonly SchemaTable[], keys: readonly { child: string; parent: string }[]): SchemaTable[] {
  const ordered: SchemaTable[] = []
  const left = new Map(tables.map((table) => [table.name, table]))
  while (left.size > 0) {
    const ready = [...left.values()].filter(
      ({ name }) => !keys.some(({ child, parent }) => child === name && left.has(parent)),
    )
    if (ready.length === 0) throw new Error(`foreign keys go round in a circle: ${[...left.keys()].join(', ')}`)
    for (const table of ready) left.delete(table.name)
    ordered.push(...ready)
  }
  return ordered
}
