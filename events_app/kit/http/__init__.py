"""What every web, api and desk file shares: pages, problem documents, protection of requests."""
