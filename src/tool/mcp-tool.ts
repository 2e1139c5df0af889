// The tools of an MCP server, over standard input and output or over HTTP.

import type { CallToolResult } from '@modelcontextprotocol/client'
import {
  Client,
  SdkError,
  SdkErrorCode,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { InfrastructureError, UserError } from '../base/errors.ts'
import type { ToolBounds } from './bounded-tool.ts'
import { boundedTool } from './bounded-tool.ts'
import type { Tool } from './tool.ts'

/** Where an MCP server is: a program to start, or an address. */
export type McpServer =
  | {
      readonly kind: 'stdio'
      readonly command: string
      readonly arguments?: readonly string[]
      /** Added to the few variables that MCP servers inherit. */
      readonly environment?: Readonly<Record<string, string>>
    }
  | {
      readonly kind: 'http'
      readonly url: string
      readonly headers?: Readonly<Record<string, string>>
    }

/** A server's tools; close it to end the connection. */
export interface McpTools {
  readonly tools: readonly Tool[]
  close(): Promise<void>
}

/**
 * Connects and lists the server's tools. A call's error is an output like any other; a lost server
 * is InfrastructureError `tool_server_lost`, and the next call connects again. Throws UserError
 * where the first connection fails. The deadline is 60 s a call unless said otherwise.
 */
export async function mcpTools(server: McpServer, bounds: ToolBounds = {}): Promise<McpTools> {
  const connection = new McpConnection(server)
  try {
    const listed = await listTools(await connection.client())
    const tools = listed.map(({ name, description = '', inputSchema }): Tool => {
      const tool: Tool = {
        name,
        description,
        parameters: inputSchema,
        call: (call, context) => connection.call(name, call.arguments, context.signal),
      }
      return boundedTool(tool, { deadlineMs: 60_000, ...bounds })
    })
    return { tools, close: () => connection.close() }
  } catch (error) {
    await connection.close()
    const place = server.kind === 'stdio' ? server.command : server.url
    throw new UserError(`no MCP server answers at ${place}: ${(error as Error).message}`)
  }
}

async function listTools(client: Client) {
  const tools = []
  let cursor: string | undefined
  do {
    const page = await client.listTools(cursor === undefined ? {} : { cursor })
    tools.push(...page.tools)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return tools
}

/** One client at a time, made again after its transport closed. */
class McpConnection {
  #client: Promise<Client> | undefined

  constructor(private readonly server: McpServer) {}

  client(): Promise<Client> {
    this.#client ??= this.#connect()
    return this.#client
  }

  async #connect(): Promise<Client> {
    const client = new Client({ name: 'retool-rl', version: '1' })
    client.onclose = () => {
      this.#client = undefined
    }
    try {
      await client.connect(transportOf(this.server))
      return client
    } catch (error) {
      this.#client = undefined
      await client.close().catch(() => undefined)
      throw error
    }
  }

  async call(name: string, values: Readonly<Record<string, unknown>>, signal: AbortSignal) {
    const started = performance.now()
    try {
      const client = await this.client()
      // The bounds around the tool hold the deadline; the client's own would only hide it.
      const timeout = 2 ** 31 - 1
      const result = await client.callTool({ name, arguments: { ...values } }, { signal, timeout })
      const ok = result.isError !== true
      const durationMs = performance.now() - started
      return { text: textOf(result), ok, status: ok ? 'ok' : 'error', durationMs }
    } catch (error) {
      if (signal.aborted || !isLost(error)) throw error
      throw new InfrastructureError('tool_server_lost', `MCP server lost: ${String(error)}`, {
        cause: error,
      })
    }
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined)
    await client?.close()
  }
}

function transportOf(server: McpServer) {
  if (server.kind === 'http') {
    return new StreamableHTTPClientTransport(new URL(server.url), {
      requestInit: { headers: { ...server.headers } },
    })
  }
  return new StdioClientTransport({
    command: server.command,
    args: [...(server.arguments ?? [])],
    env: { ...server.environment },
    stderr: 'ignore',
  })
}

const lostCodes: readonly unknown[] = [
  SdkErrorCode.NotConnected,
  SdkErrorCode.ConnectionClosed,
  SdkErrorCode.SendFailed,
]

/** The connection broke; an error that the server reported is something else. */
function isLost(error: unknown): boolean {
  if (error instanceof SdkError) return lostCodes.includes(error.code)
  const code = (error as { code?: unknown; cause?: { code?: unknown } } | null) ?? {}
  return [code.code, code.cause?.code].some((value) =>
    ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT', 'UND_ERR_SOCKET'].includes(String(value)),
  )
}

/** Text as it is; what is no text is named, with its size. */
function textOf(result: CallToolResult): string {
  const parts = result.content.map((block) => {
    if (block.type === 'text') return block.text
    if (block.type === 'image' || block.type === 'audio') {
      return `[${block.type}, ${block.mimeType}, ${block.data.length} base64 characters]`
    }
    if (block.type === 'resource' && 'text' in block.resource) return block.resource.text
    return `[${block.type}]`
  })
  if (parts.length > 0) return parts.join('\n')
  return result.structuredContent === undefined ? '' : JSON.stringify(result.structuredContent)
}
