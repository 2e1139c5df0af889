// A small MCP server, for tests: JSON-RPC messages in, replies out, over either transport.

interface Request {
  readonly id?: number | string
  readonly method: string
  readonly params?: { readonly name?: string; readonly arguments?: Record<string, unknown> }
}

const tools = [
  {
    name: 'add',
    description: 'Adds two numbers.',
    inputSchema: {
      type: 'object',
      properties: { a: { type: 'number' }, b: { type: 'number' } },
      required: ['a', 'b'],
    },
  },
  { name: 'fail', inputSchema: { type: 'object' } },
  { name: 'refuse', inputSchema: { type: 'object' } },
  { name: 'hang', inputSchema: { type: 'object' } },
  { name: 'picture', inputSchema: { type: 'object' } },
  { name: 'exit', inputSchema: { type: 'object' } },
]

/** The reply to one message, or undefined where it asks for none. `die` ends the server. */
export function mcpReply(message: Request, die: () => void): object | undefined {
  if (message.id === undefined) return undefined
  const reply = (result: object) => ({ jsonrpc: '2.0', id: message.id, result })
  const refuse = (code: number, text: string) => ({
    jsonrpc: '2.0',
    id: message.id,
    error: { code, message: text },
  })
  if (message.method === 'initialize') {
    return reply({
      protocolVersion: '2025-06-18',
      capabilities: { tools: {} },
      serverInfo: { name: 'small', version: '1' },
    })
  }
  if (message.method === 'tools/list') return reply({ tools })
  if (message.method !== 'tools/call') return refuse(-32601, `no method ${message.method}`)
  const text = (value: string, isError = false) =>
    reply({ content: [{ type: 'text', text: value }], isError })
  switch (message.params?.name) {
    case 'add':
      return text(
        String(Number(message.params.arguments?.['a']) + Number(message.params.arguments?.['b'])),
      )
    case 'fail':
      return text('it did not work', true)
    case 'picture':
      return reply({ content: [{ type: 'image', mimeType: 'image/png', data: 'AAAA' }] })
    case 'exit':
      die()
      return undefined
    case 'hang':
      return undefined
    default:
      return refuse(-32602, 'refused')
  }
}

/** Serves over standard input and output, one JSON message a line. */
function serveStdio(): void {
  let rest = ''
  process.stdin.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const answer = mcpReply(JSON.parse(line) as Request, () => process.exit(3))
      if (answer) process.stdout.write(`${JSON.stringify(answer)}\n`)
    }
  })
}

if (process.argv[2] === 'stdio') serveStdio()
