/** A child process of links.ts: systeminformation may block for seconds. Prints one line of JSON. */
import { networkGatewayDefault, networkInterfaceDefault } from 'systeminformation'

const [name, gateway] = await Promise.all([networkInterfaceDefault(), networkGatewayDefault()])
process.stdout.write(JSON.stringify({ name, gateway }))
