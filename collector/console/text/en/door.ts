/** What stands at the door, and what is said when something does not work. */
import type { DoorText } from '../zh/door.ts'
import { plural } from './plural.ts'

export const doorEn: DoorText = {
  signIn: {
    title: 'Sign in',
    account: 'Account',
    password: 'Password',
    submit: 'Sign in',
    notice: 'For authorised staff only. Sign-ins and what is done to incidents are recorded in the audit trail.',
    empty: 'Please fill this in',
  },
  password: {
    title: 'Change the one-time password',
    why: 'This password works once. Change it, then go on.',
    change: 'Change password',
    current: 'Current password',
    next: 'New password',
    again: 'New password again',
    rule: (characters) => `At least ${characters} characters, and not the current one`,
    differ: 'The two are not the same',
    submit: 'Change password',
    cancel: 'Cancel',
  },
  account: {
    menu: 'Account',
    signOut: 'Sign out',
    changePassword: 'Change password',
    stillIn: 'You are still signed in: signing out did not work. Try again; close the browser before you leave.',
  },
  problems: {
    'wrong-password': 'Account or password is wrong.',
    'too-many-attempts': 'Too many failed sign-ins. Please wait.',
    'bad-password': 'The new password is refused: at least 12 characters, and not the current one.',
    'too-many-requests': 'Too many requests. Please wait.',
    changed: 'Somebody else acted first; the page shows it now:',
    'not-possible': 'This cannot be done to the incident as it stands.',
    'too-broad': 'That means too many endpoints or media: say more of the name.',
    'not-found': 'Not found: the number may be wrong, or somebody else has dealt with it.',
    unavailable: 'The server cannot do this now. Please wait.',
    unreachable: 'The server cannot be reached. Check the network.',
    other: 'That did not work. Try again; if it fails again, tell the system administrator.',
  },
  seconds: (count) => `You can try again in about ${plural(count, 'second')}.`,
  minutes: (count) => `You can try again in about ${plural(count, 'minute')}.`,
  live: {
    live: 'Live',
    connecting: 'Reconnecting…',
    help: 'This page updates by itself when an incident changes',
    lost: (time) => `No connection to the collector: this is as of ${time}; what changed since is not shown.`,
  },
}
