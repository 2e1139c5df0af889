// Chat templates for models that bring none, by name. Written for this project; the formats are the
// models' own.

/** The tokens or text that a template relies on, so that we can say which one fits a vocabulary. */
export interface BuiltInTemplate {
  readonly text: string
  /** An added token that marks the format; null where it is plain text. */
  readonly marker: string | null
}

const chatml = `{%- for message in messages -%}
{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{- '<|im_start|>assistant\\n' -}}
{%- endif -%}`

const llama3 = `{{- bos_token -}}
{%- for message in messages -%}
{{- '<|start_header_id|>' + message.role + '<|end_header_id|>\\n\\n' -}}
{{- message.content | trim + '<|eot_id|>' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' -}}
{%- endif -%}`

const zephyr = `{%- for message in messages -%}
{{- '<|' + message.role + '|>\\n' + message.content + eos_token + '\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{- '<|assistant|>\\n' -}}
{%- endif -%}`

const plain = `{%- for message in messages -%}
{%- if message.role == 'system' -%}
{{- message.content + '\\n\\n' -}}
{%- else -%}
{{- message.role | capitalize + ': ' + message.content + '\\n\\n' -}}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{- 'Assistant:' -}}
{%- endif -%}`

export const builtInTemplates: ReadonlyMap<string, BuiltInTemplate> = new Map([
  ['chatml', { text: chatml, marker: '<|im_start|>' }],
  ['llama-3', { text: llama3, marker: '<|start_header_id|>' }],
  ['zephyr', { text: zephyr, marker: '<|assistant|>' }],
  ['plain', { text: plain, marker: null }],
])
