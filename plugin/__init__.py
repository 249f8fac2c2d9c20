"""Delivery: webhooks, pages, REST API, command line, jobs and the one place where everything is put together."""
