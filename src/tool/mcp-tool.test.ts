import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { UserError } from '../base/errors.ts'
import type { ToolBounds } from './bounded-tool.ts'
import { mcpReply } from './mcp-server.fixture.ts'
import type { McpServer, McpTools } from './mcp-tool.ts'
import { mcpTools } from './mcp-tool.ts'

const program = new URL('./mcp-server.fixture.ts', import.meta.url).pathname
const stdio: McpServer = {
  kind: 'stdio',
  command: process.execPath,
  arguments: ['--import', 'tsx', program, 'stdio'],
}

const http = createServer((request, response) => {
  if (request.method !== 'POST') return response.writeHead(405).end()
  if (request.headers['x-key'] !== 'secret') return response.writeHead(403).end()
  let body = ''
  request.on('data', (chunk) => {
    body += chunk
  })
  request.on('end', () => {
    const answer = mcpReply(JSON.parse(body), () => request.socket.destroy())
    if (answer) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    } else if (!('id' in JSON.parse(body))) response.writeHead(202).end()
  })
  return undefined
})
const signal = new AbortController().signal

let url = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`
})
afterAll(() => {
  http.closeAllConnections()
  http.close()
})

async function call(tools: McpTools, name: string, values: Record<string, unknown> = {}) {
  const tool = tools.tools.find((candidate) => candidate.name === name)
  return tool?.call({ tool: name, arguments: values }, { trajectoryId: 't', signal })
}

const connect: Record<string, (bounds?: ToolBounds) => Promise<McpTools>> = {
  stdio: (bounds) => mcpTools(stdio, bounds),
  http: (bounds) => mcpTools({ kind: 'http', url, headers: { 'x-key': 'secret' } }, bounds),
}

describe.each(Object.keys(connect))('over %s', (transport) => {
  const open = (bounds?: ToolBounds) =>
    (connect[transport] as (b?: ToolBounds) => Promise<McpTools>)(bounds)

  test("the server's tools are listed and called; its errors are outputs", async () => {
    const server = await open()
    expect(server.tools.map((tool) => tool.name)).toContain('add')
    expect(server.tools[0]?.parameters).toMatchObject({ required: ['a', 'b'] })
    expect(await call(server, 'add', { a: 2, b: 3 })).toMatchObject({ ok: true, text: '5' })
    expect(await call(server, 'fail')).toMatchObject({ ok: false, text: 'it did not work' })
    expect(await call(server, 'refuse')).toMatchObject({ ok: false, status: 'error' })
    expect(await call(server, 'picture')).toMatchObject({
      text: expect.stringContaining('image/png'),
    })
    await server.close()
  })

  test('a call that hangs is an output, and a lost server a failure of ours that mends', async () => {
    const server = await open({ deadlineMs: 300 })
    expect(await call(server, 'hang')).toMatchObject({ ok: false, status: 'timeout' })
    await server.close()

    const patient = await open({ deadlineMs: 30_000 })
    await expect(call(patient, 'exit')).rejects.toMatchObject({ kind: 'tool_server_lost' })
    expect(await call(patient, 'add', { a: 1, b: 1 })).toMatchObject({ text: '2' })
    await patient.close()
  })
})

test('a server that cannot be reached is a mistake of the user', async () => {
  await expect(mcpTools({ kind: 'stdio', command: '/no/such/program' })).rejects.toThrow(UserError)
  await expect(mcpTools({ kind: 'http', url: 'http://127.0.0.1:9/mcp' })).rejects.toThrow(
    /127.0.0.1:9/,
  )
})
