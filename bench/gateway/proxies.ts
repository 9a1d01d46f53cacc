// nginx and HAProxy as proxies in front of the upstream, on one core and with connections kept alive.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface ProxyPorts {
  readonly listen: number
  readonly upstream: number
}

function temporary(name: string, text: (folder: string) => string): { readonly folder: string; readonly file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'holon-bench-'))
  const file = join(folder, name)
  writeFileSync(file, text(folder))
  return { folder, file }
}

/** The arguments of nginx. */
export function nginxArguments({ listen, upstream }: ProxyPorts): readonly string[] {
  const { folder, file } = temporary(
    'nginx.conf',
    (folder) => `
worker_processes 1;
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 2048; }
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 120;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  upstream service { server 127.0.0.1:${upstream}; keepalive 512; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${listen} backlog=2048;
    location / {
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`,
  )
  return ['-p', folder, '-c', file, '-e', join(folder, 'error.log')]
}

/** The arguments of HAProxy. */
export function haproxyArguments({ listen, upstream }: ProxyPorts): readonly string[] {
  const { file } = temporary(
    'haproxy.cfg',
    () => `
global
  nbthread 1
  maxconn 4000
defaults
  mode http
  timeout connect 5s
  timeout client 120s
  timeout server 120s
  option http-keep-alive
  option forwardfor
  http-reuse always
frontend front
  bind 127.0.0.1:${listen}
  default_backend back
backend back
  server service 127.0.0.1:${upstream}
`,
  )
  return ['-db', '-f', file]
}
