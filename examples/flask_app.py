"""A Flask app that sends messages, with one client that all of its threads share.

Shows a client at module level, one limit for all worker processes, a deadline for every request, and errors as HTTP
answers by the library's table (`tim_async.HTTP_STATUS`).

`python examples/flask_app.py` runs it with the embedded emulator and makes a few requests. For the real service, set
TIM_SDK_APP_ID and TIM_SECRET_KEY and run `gunicorn --chdir examples --workers 4 --threads 16 "flask_app:create_app()"`,
with `--preload` or without: the first call with the client is made in a worker.
"""

from flask import Flask, Response, jsonify, request

from tim_async import HostRateLimiter, TextElem, TimError, error_response
from tim_async.blocking import TimClient
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator


def create_app(client: TimClient | None = None) -> Flask:
    app = Flask(__name__)
    # The four workers share the app's limit through a file of the user.
    tim = client or TimClient.from_env(limiter=HostRateLimiter(), deadline=2.0)

    @app.post("/messages")
    def send() -> Response:
        body = request.get_json()
        sent = tim.c2c.send(to_account=body["to"], msg_body=[TextElem(text=body["text"])])
        return jsonify(msg_key=sent.msg_key)

    @app.errorhandler(TimError)
    def answer_error(error: TimError) -> Response:
        answer = error_response(error)
        response = jsonify(answer.body)
        response.status_code = answer.status
        response.headers.update(answer.headers)
        return response

    return app


def main() -> None:
    with Emulator() as emulator:
        emulator.add_accounts("bob")
        with TimClient(emulator.sdk_app_id, DEFAULT_SECRET_KEY, base_url=emulator.url, deadline=2.0) as client:
            browser = create_app(client).test_client()
            for what, to, text in (
                ("a text", "bob", "你好, Bob! 👋"),
                ("an account that is not imported", "nobody", "hi"),
                ("a text that is too long", "bob", "长" * 3_000),
            ):
                answer = browser.post("/messages", json={"to": to, "text": text})
                print(f"{what}: HTTP {answer.status_code}", answer.json)


if __name__ == "__main__":
    main()
