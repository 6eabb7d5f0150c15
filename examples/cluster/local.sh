#!/usr/bin/env bash
# The same as compose.yaml in plain commands: an emulator, some workers, and a campaign that they do.
#
# Needs Redis, RabbitMQ and PostgreSQL; where they are is said by TIM_REDIS_URL, TIM_BROKER_URL and TIM_LEDGER.
#
#     pip install "tim-async[cli,cluster]"
#     bash examples/cluster/local.sh people.csv
set -euo pipefail

people=${1:?the recipients: a CSV file with the columns account and name}
workers=${WORKERS:-2}
queues=${QUEUE_PREFIX:-tim_async}
tim=(${TIM_ASYNC:-tim-async})
export TIM_REDIS_URL=${TIM_REDIS_URL:-redis://127.0.0.1:6379/0}
export TIM_BROKER_URL=${TIM_BROKER_URL:-amqp://guest:guest@127.0.0.1:5672/}
export TIM_LEDGER=${TIM_LEDGER:-postgresql+asyncpg://postgres@127.0.0.1:5432/postgres}

# Whatever is started here ends with this script. A worker that gets SIGTERM finishes what is in flight.
started=()
trap 'kill "${started[@]}" 2>/dev/null; wait' EXIT

# 1. The service. For the real one set TIM_SDK_APP_ID, TIM_SECRET_KEY and TIM_REGION, and leave this out.
export TIM_SDK_APP_ID=1400000000
export TIM_SECRET_KEY=${TIM_SECRET_KEY:-only-the-emulator-takes-this-key}
port=${EMULATOR_PORT:-8900}
"${tim[@]}" emulator --port "$port" &
started+=($!)
export TIM_BASE_URL=http://127.0.0.1:$port

# 2. The workers: on any number of machines, as long as they name the same Redis, RabbitMQ and PostgreSQL.
for _ in $(seq "$workers"); do
  "${tim[@]}" worker --queue-prefix "$queues" &
  started+=($!)
done

# 3. The campaign, from any machine. It ends when the workers are through with it.
"${tim[@]}" bulk run "$people" --name spring --text 'Hi $name' --workers --queue-prefix "$queues"
"${tim[@]}" bulk export - --name spring
