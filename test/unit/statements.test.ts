import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { faultsOf } from '../statements/judge.ts'
import { storeFunctions } from '../statements/store-functions.ts'

const db = new DatabaseSync(':memory:')
db.exec(`CREATE TABLE entry (id INTEGER PRIMARY KEY, log_id INTEGER, state INTEGER, at INTEGER);
  CREATE INDEX entry_log ON entry (log_id, at);
  CREATE INDEX entry_quarantined ON entry (id) WHERE state = 2;
  CREATE TABLE endpoint (id INTEGER PRIMARY KEY, name TEXT);`)
const stepsOf = (sql: string) => faultsOf(db, [{ by: 'a.b', sql }], []).map(({ step }) => step)

describe('statements that cost more with every day', () => {
  it.each([
    ['reads all of it', 'select * from "entry" where "at" > ?', 'SCAN entry'],
    ['reads all of it under another name', 'select * from entry as e where e.at > ?', 'SCAN e'],
    ['reads a whole index', 'select count(*) from "entry"', 'SCAN entry USING COVERING INDEX entry_log'],
    ['misses a partial index', 'delete from "entry" where "state" = ? and "at" = ?', 'SCAN entry'],
    ['changes all of it', 'update "entry" set "state" = ?', 'SCAN entry'],
    ['sorts', 'select * from entry where log_id = ? order by id', 'USE TEMP B-TREE FOR ORDER BY'],
    ['joins without an index', 'select * from endpoint join entry on entry.at = endpoint.id', 'SCAN entry'],
    [
      'is no statement of this store',
      'select * from nowhere join entry',
      'cannot be explained: no such table: nowhere',
    ],
  ])('names one that %s', (_, sql, step) => {
    expect(stepsOf(sql)).toContain(step)
  })

  it.each([
    'select * from entry where log_id = ? order by at',
    'select * from entry where id > ? order by id limit ?',
    'select * from entry where state = 2 and id > 0',
    'select * from endpoint order by name',
    'insert into entry (log_id, state, at) values (?, ?, ?), (?, ?, ?)',
  ])('lets pass: %s', (sql) => {
    expect(stepsOf(sql)).toEqual([])
  })

  it('asks once for all lengths of a list, and hears which allowance was needed', () => {
    const statements = ['(?)', '(?, ?)', '(?, ?, ?)'].map((list) => ({
      by: 'a.b',
      sql: `select * from entry where at in ${list}`,
    }))
    expect(faultsOf(db, statements, [])).toHaveLength(1)
    const allowance = { by: 'a.b', step: 'SCAN entry', because: 'a test' }
    const needed: unknown[] = []
    expect(faultsOf(db, statements, [allowance], (each) => needed.push(each))).toEqual([])
    expect(faultsOf(db, statements, [{ ...allowance, by: 'a.c' }])).toHaveLength(1)
    expect(needed).toEqual([allowance])
  })
})

it('knows the functions of the store, whichever way they are written', () => {
  expect(storeFunctions()).toEqual(
    expect.arrayContaining(['accounts.insertSession', 'logs.newestLog', 'matters.slices', 'transaction.transactions']),
  )
  expect(storeFunctions()).not.toContain('hot.entryState')
})
