"""Workers: campaigns over any number of machines, through PostgreSQL and RabbitMQ."""
