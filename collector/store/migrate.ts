/** Brings a store to this version's tables, one step a migration, each in a transaction. */
import { Migrator, type Migration } from 'kysely/migration'
import { first } from './migrations/0001-first.ts'
import type { Db } from './schema.ts'

const migrations: Record<string, Migration> = { '0001-first': first }

export async function migrate(db: Db): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined)
    throw new Error('The store could not be brought to this version; it may have been written by a newer one.', {
      cause: error,
    })
}
