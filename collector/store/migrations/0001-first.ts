import { sql, type ColumnDefinitionBuilder, type Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

const id = (column: ColumnDefinitionBuilder): ColumnDefinitionBuilder => column.primaryKey().autoIncrement()
const must = (column: ColumnDefinitionBuilder): ColumnDefinitionBuilder => column.notNull()
const zero = (column: ColumnDefinitionBuilder): ColumnDefinitionBuilder => column.notNull().defaultTo(0)

/** Times and counters are 64 bits in both dialects. */
const big = 'bigint'

// oxfmt-ignore
export const first: Migration = {
  async up(db: Kysely<unknown>) {
    const { schema } = db
    await schema.createTable('endpoint').addColumn('id', 'integer', id)
      .addColumn('agent', 'text', (c) => must(c).unique()).addColumn('verifier_key', 'text', must).addColumn('certificate_serial', 'text', must)
      .addColumn('host', 'text', must).addColumn('name', 'text', must).addColumn('department', 'text', must).addColumn('responsible', 'text')
      .addColumn('level', 'text', must).addColumn('network_kind', 'text', must).addColumn('allowed_networks', 'text').addColumn('status', 'text', must)
      .addColumn('passport', 'text', must).addColumn('enrolled_at', big, must).addColumn('connected_since', big).addColumn('last_seen_at', big)
      .addColumn('version', 'text').addColumn('policy_version', big, zero).addColumn('register_version', big, zero).addColumn('health', 'text').execute()
    await schema.createTable('log').addColumn('id', 'integer', id)
      .addColumn('endpoint_id', 'integer', (c) => must(c).references('endpoint.id')).addColumn('epoch', 'text', must)
      .addColumn('size', big, zero).addColumn('frontier', 'blob', must).addColumn('checkpoint', 'text', must).addColumn('previous', 'text').addColumn('forked', 'integer', zero)
      .addUniqueConstraint('log_epoch', ['endpoint_id', 'epoch']).execute()
    await schema.createTable('kind').addColumn('id', 'integer', id).addColumn('name', 'text', (c) => must(c).unique()).execute()
    await schema.createTable('matter').addColumn('id', 'integer', id).addColumn('kind', 'text', must)
      .addColumn('endpoint_id', 'integer', (c) => must(c).references('endpoint.id')).addColumn('key', 'text', must).addColumn('facts', 'text', must)
      .addUniqueConstraint('matter_key', ['endpoint_id', 'kind', 'key']).execute()
    // No foreign keys on the one hot table: each would cost a look-up a row. The commit is the only writer.
    await schema.createTable('entry').addColumn('id', 'integer', id).addColumn('log_id', 'integer', must).addColumn('idx', big, must)
      .addColumn('at', big, must).addColumn('received_at', big, must).addColumn('kind', 'integer').addColumn('state', 'integer', must).addColumn('severity', 'integer')
      .addColumn('matter_id', 'integer').addColumn('line', 'blob').addColumn('leaf', 'blob').addColumn('reason', 'text')
      .addUniqueConstraint('entry_place', ['log_id', 'idx']).execute()
    await schema.createIndex('entry_matter').on('entry').column('matter_id').where(sql.ref('matter_id'), 'is not', null).execute()
    await schema.createIndex('entry_violation').on('entry').column('at').where(sql.ref('severity'), 'is not', null).execute()
    await schema.createIndex('entry_quarantined').on('entry').column('id').where(sql.ref('state'), '=', sql.lit(2)).execute()
    await schema.createTable('boot').addColumn('endpoint_id', 'integer', must).addColumn('boot', 'text', must).addColumn('first_at', big, must)
      .addPrimaryKeyConstraint('boot_once', ['endpoint_id', 'boot']).execute()
    await schema.createTable('incident').addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('matter_id', 'integer', (c) => must(c).references('matter.id')).addColumn('endpoint_id', 'integer', (c) => must(c).references('endpoint.id'))
      .addColumn('kind', 'text', must).addColumn('department', 'text', must).addColumn('level', 'text', must).addColumn('severity', 'integer', must).addColumn('status', 'text', must)
      .addColumn('opened_at', big, must).addColumn('last_at', big, must).addColumn('ended_at', big).addColumn('state', 'text', must).addColumn('revision', big, must).execute()
    await schema.createIndex('incident_newest').on('incident').columns(['opened_at', 'id']).execute()
    await schema.createIndex('incident_revision').on('incident').column('revision').unique().execute()
    await schema.createIndex('incident_matter').on('incident').column('matter_id').execute()
    await schema.createIndex('incident_open').on('incident').columns(['status', 'department', 'severity']).execute()
    await schema.createTable('alert').addColumn('id', 'text', (c) => c.primaryKey()).addColumn('incident_id', 'text', must).addColumn('reason', 'text', must)
      .addColumn('channel', 'text', must).addColumn('state', 'text', must).addColumn('created_at', big, must).addColumn('next_at', big, must)
      .addColumn('attempts', 'integer', zero).addColumn('unseen_attempts', 'integer', zero).addColumn('delivered_at', big).addColumn('last_error', 'text').execute()
    await schema.createIndex('alert_due').on('alert').columns(['state', 'next_at']).execute()
    await schema.createTable('refusal').addColumn('id', 'integer', id).addColumn('at', big, must).addColumn('agent', 'text').addColumn('peer', 'text', must)
      .addColumn('code', 'text', must).addColumn('detail', 'text', must).addColumn('epoch', 'text').addColumn('from_idx', big).addColumn('message', 'blob').execute()
    await schema.createTable('document').addColumn('id', 'integer', id).addColumn('kind', 'text', must).addColumn('endpoint_id', 'integer')
      .addColumn('version', big, must).addColumn('content_hash', 'text', must).addColumn('note', 'text', must).execute()
    await schema.createIndex('document_newest').on('document').columns(['kind', 'endpoint_id', 'version']).execute()
    await schema.createTable('token').addColumn('id', 'integer', id).addColumn('hash', 'text', (c) => must(c).unique()).addColumn('department', 'text', must)
      .addColumn('level', 'text', must).addColumn('network_kind', 'text', must).addColumn('uses_left', 'integer', must)
      .addColumn('expires_at', big, must).addColumn('created_at', big, must).execute()
    await schema.createTable('account').addColumn('id', 'integer', id).addColumn('name', 'text', (c) => must(c).unique()).addColumn('password_hash', 'text', must)
      .addColumn('role', 'text', must).addColumn('must_change', 'integer', must).addColumn('created_at', big, must).execute()
    await schema.createTable('session').addColumn('hash', 'text', (c) => c.primaryKey()).addColumn('account_id', 'integer', (c) => must(c).references('account.id'))
      .addColumn('csrf', 'text', must).addColumn('created_at', big, must).addColumn('expires_at', big, must).execute()
  },
}
