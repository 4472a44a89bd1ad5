# 앱을 연결하는 방법을 보여 주는 화면. 빈 메일함에도 나온다.

connect-title = 앱 연결하기
connect-first = 첫 메일을 기다리고 있습니다
connect-send-to = 메일을 보낼 주소
connect-login = TLS는 필요 없습니다. inbox.smtp_users를 정하지 않으면 어떤 사용자 이름과 비밀번호든 받습니다.
connect-login-mailpit = TLS는 필요 없습니다. --smtp-auth-file이나 MP_SMTP_AUTH를 정하지 않으면 어떤 사용자 이름과 비밀번호든 받습니다.
connect-senders = 애플리케이션 설정
connect-copy = 복사
connect-test = 시험 메일 보내기
connect-test-text = 텍스트
connect-test-newsletter = 코드와 링크가 있는 HTML
connect-test-broken = 깨진 메일
connect-waits = 테스트에서 기다리기
connect-waits-intro = 일치하는 메일이 오면 바로 응답하므로, 테스트에 대기나 반복문이 필요 없습니다.
connect-failed = 최근 전달되지 않은 세션
connect-all-sessions = SMTP 세션 모두 보기
