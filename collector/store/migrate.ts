/** Brings a store to this version's tables, one step a migration, each in a transaction. */
import { randomUUID } from 'node:crypto'
import { sql, type Kysely } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'
import { tables } from './migrations/0001-tables.ts'
import type { Schema } from './schema.ts'

const migrations: Record<string, Migration> = { '0001-tables': tables }

/** Of the states that correlation keeps. An older program refuses a newer one; a newer one folds them anew. */
export const FORM = 2

/** The store cannot be used as it is; the message says what to do. */
export class StoreError extends Error {
  override name = 'StoreError'
}

/** Throws StoreError where an older or a newer version wrote the store, and leaves it as it is. */
export async function migrate(db: Kysely<Schema>): Promise<void> {
  await checkMigrations(db)
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined)
    throw new StoreError(
      `The store could not be brought to this version (${error instanceof Error ? error.message : 'unknown'}): where the file is another program’s, name another dataDir.`,
      { cause: error },
    )
  await db
    .insertInto('store')
    .values({ id: 1, form: FORM, incarnation: randomUUID(), revision: 0 })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute()
  await checkForm(db)
}

/** Throws StoreError where another version wrote the store; changes nothing. */
export async function checkForm(db: Kysely<Schema>): Promise<void> {
  await checkMigrations(db)
  const { form } = await db.selectFrom('store').select('form').executeTakeFirstOrThrow()
  if (form > FORM)
    throw new StoreError(`This store has form ${form}, this version knows ${FORM}: run the version that wrote it.`)
}

async function checkMigrations(db: Kysely<Schema>): Promise<void> {
  const applied = await appliedMigrations(db)
  if (applied.includes('0001-first'))
    throw new StoreError(
      'This store was written by Shoumi 0.1, whose form is not taken on: keep it aside, run `shoumi-collector init` in a new data folder, and enrol the agents again.',
    )
  const newer = applied.filter((name) => !Object.hasOwn(migrations, name))
  if (newer.length > 0)
    throw new StoreError(`This store was written by a newer version (${newer.join(', ')}): run that version.`)
}

async function appliedMigrations(db: Kysely<Schema>): Promise<string[]> {
  const known = await sql<{ name: string }>`SELECT name FROM sqlite_master WHERE name = 'kysely_migration'`.execute(db)
  if (known.rows.length === 0) return []
  const { rows } = await sql<{ name: string }>`SELECT name FROM kysely_migration`.execute(db)
  return rows.map(({ name }) => name)
}
