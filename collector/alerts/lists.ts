import type { Severity } from '#shared/vocabulary/levels.ts'
import type { Tx } from '#collector/store/schema.ts'
export interface ListedAlert { id: number; incident: number; incidentId: string; department: string; severity: Severity;
  mailbox: string; state: 'waiting' | 'delivered' | 'refused' | 'dismissed'; reasons: string[]
  createdAt: number; nextAt: number; sent: number; attempts: number; deliveredAt?: number; lastError?: string }
export interface MailboxState { mailbox: string; waiting: number; refused: number; oldestAt?: number; failures: number; lastError?: string }
export async function alertPage(_tx: Tx, _p: { state?: ListedAlert['state'] | undefined; before?: number; limit: number }): Promise<ListedAlert[]> { return [] }
export async function mailboxStates(_tx: Tx): Promise<MailboxState[]> { return [] }
